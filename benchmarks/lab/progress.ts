/** How far a long run is, on one line of a terminal; nothing where there is none. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #shownAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string, share: number): void {
    const now = Date.now();
    if (!this.#stream.isTTY || (now - this.#shownAt < 100 && share < 1)) return;
    this.#shownAt = now;
    const width = 24;
    const full = Math.round(share * width);
    const bar = '█'.repeat(full) + '·'.repeat(width - full);
    this.#stream.write(`\r\x1b[K${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${text}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
