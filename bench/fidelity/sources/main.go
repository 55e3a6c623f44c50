// SPDX-License-Identifier: Apache-2.0

// Files, a server and its client, goroutines and a child, with the standard library.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	check(os.MkdirAll("data/deep", 0o755))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			name := filepath.Join("data", fmt.Sprintf("part-%d", i))
			check(os.WriteFile(name+".new", []byte(name), 0o600))
			check(os.Rename(name+".new", name))
			_, err := os.ReadFile(name)
			check(err)
		})
	}
	group.Wait()
	_, err := os.ReadDir("data")
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:23721")
	check(err)
	go http.Serve(listener, http.FileServer(http.Dir("data")))
	for range 10 {
		answer, err := http.Get("http://127.0.0.1:23721/part-1")
		check(err)
		_, err = io.ReadAll(answer.Body)
		check(err)
		answer.Body.Close()
	}
	output, err := exec.Command("/bin/cat", "data/part-2").Output()
	check(err)
	check(os.RemoveAll("data"))
	fmt.Println(string(output))
}
