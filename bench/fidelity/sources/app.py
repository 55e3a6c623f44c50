# SPDX-License-Identifier: Apache-2.0
"""Files, a database, sockets, threads, processes and a child."""
import concurrent.futures
import json
import multiprocessing
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile


def square(number):
    return number * number


def answer(server):
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(64))


def main():
    os.mkdir("data")
    with open("data/list.json", "w", encoding="utf-8") as file:
        json.dump([1, 2, 3], file)
    with sqlite3.connect("data/base.db") as base:
        base.execute("create table t (n integer)")
        base.executemany("insert into t values (?)", [(n,) for n in range(100)])
    with tempfile.NamedTemporaryFile(dir="data") as file:
        file.write(b"x")
    with socket.create_server(("127.0.0.1", 23741)) as server:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            served = pool.submit(answer, server)
            with socket.create_connection(("127.0.0.1", 23741)) as client:
                client.sendall(b"ping")
                client.recv(64)
            served.result()
    with multiprocessing.Pool(2) as pool:
        squares = pool.map(square, range(10))
        # Otherwise it kills workers, or finds them gone, as they happen to be scheduled.
        pool.close()
        pool.join()
    listing = subprocess.run(["/bin/ls", "data"], capture_output=True, text=True, check=True)
    shutil.copytree("data", "copy")
    shutil.rmtree("copy")
    print(squares, listing.stdout)


if __name__ == "__main__":
    main()
