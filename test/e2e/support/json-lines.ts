/** A connection on which each side writes one JSON object a line: QEMU's monitor and its guest agent. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export type Fields = Readonly<Record<string, unknown>>;

export class JsonLines {
  readonly #socket: Socket;
  readonly #onLine: (line: Fields) => void;
  #rest = '';

  private constructor(socket: Socket, onLine: (line: Fields) => void, onEnd: () => void) {
    this.#socket = socket;
    this.#onLine = onLine;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#take(text);
    });
    // Why it ended does not matter: whoever waits for an answer is told that it did.
    socket.on('error', () => undefined).once('close', onEnd);
  }

  /** Connects to a socket in the file system. */
  static async to(
    file: string,
    onLine: (line: Fields) => void,
    onEnd: () => void,
  ): Promise<JsonLines> {
    const socket = connect(file);
    await once(socket, 'connect');
    return new JsonLines(socket, onLine, onEnd);
  }

  write(line: Fields): void {
    this.#socket.write(`${JSON.stringify(line)}\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    // The agent begins what follows a disturbance with a byte that no text has.
    for (const line of lines.map((raw) => raw.replaceAll('\uFFFD', '').trim()))
      if (line !== '') this.#onLine(JSON.parse(line) as Fields);
  }
}

/** Commands and answers on such a connection, which come in the order of the commands. */
export class Caller {
  readonly #waiting: { resolve: (answer: Fields) => void; reject: (error: Error) => void }[] = [];
  #lines: JsonLines | undefined;

  static async to(file: string): Promise<Caller> {
    const caller = new Caller();
    caller.#lines = await JsonLines.to(
      file,
      (line) => {
        // Greeting and events of the monitor are no answers.
        if ('return' in line || 'error' in line) caller.#waiting.shift()?.resolve(line);
      },
      () => {
        const gone = new Error(`${file}: the connection ended`);
        for (const { reject } of caller.#waiting.splice(0)) reject(gone);
      },
    );
    return caller;
  }

  /** @throws what the other side calls an error */
  async call(execute: string, values: Fields = {}): Promise<unknown> {
    const answer = await new Promise<Fields>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#lines?.write({ execute, arguments: values });
    });
    if ('return' in answer) return answer.return;
    const { desc } = answer.error as { desc: string };
    throw new Error(`${execute}: ${desc}`);
  }

  close(): void {
    this.#lines?.close();
  }
}
