/** A user who writes down what he hears. */

import type { NetworkErrorCode } from '../../../lib/support/network-error';
import type { ConnectionHandler, StackConnection } from '../../../types/stack';

export class NotingHandler implements ConnectionHandler {
  readonly heard: string[] = [];
  connection: StackConnection | null = null;
  received = 0;
  /** Called with each word that is written down. */
  react: (what: string) => void = () => {};

  handleConnect(): void {
    this.#note('connect');
  }

  handleUrgent(): void {
    this.#note('urgent');
  }

  handleTrouble(code: NetworkErrorCode): void {
    this.#note(`trouble ${code}`);
  }

  handleReadable(): void {
    const connection = this.connection!;
    for (let piece = connection.receive(); piece !== null; piece = connection.receive()) {
      this.received += piece.length;
    }
    this.#note(connection.readEnded ? 'end' : 'readable');
  }

  handleWritable(): void {
    this.#note('writable');
  }

  handleError(code: NetworkErrorCode): void {
    this.#note(code);
  }

  handleClose(): void {
    this.#note('close');
  }

  #note(what: string): void {
    this.heard.push(what);
    this.react(what);
  }
}
