/**
 * The part of WebAssembly's JavaScript interface that is used here. Neither the `lib` of ECMAScript
 * nor
 * @types/node declares it, and the `lib` of browsers would declare far too much.
 */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    /** @returns pages before; @throws RangeError when it cannot grow by so many */
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
