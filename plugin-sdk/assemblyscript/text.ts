// Text on its way to and from the host. The buffers are used again by every host call, so that most calls allocate
// nothing but the string that they return.

/** A text for the host: name, value, key. */
export class Argument {
  pointer: usize = 0;
  length: i32 = 0;
  private capacity: i32 = 0;

  /** Field values: one byte a character. Characters above U+00FF become NUL, which no field value may have. */
  latin1(text: string): void {
    const length = text.length;
    this.reserve(length);
    for (let at = 0; at < length; at++) {
      const code = load<u16>(changetype<usize>(text) + (<usize>at << 1));
      store<u8>(this.pointer + at, code > 0xff ? 0 : <u8>code);
    }
    this.length = length;
  }

  /** Everything else. */
  utf8(text: string): void {
    const length = text.length;
    this.reserve(3 * length);
    this.length = <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), length, this.pointer);
  }

  private reserve(bytes: i32): void {
    if (bytes <= this.capacity) return;
    this.capacity = max(bytes, 256);
    if (this.pointer !== 0) heap.free(this.pointer);
    this.pointer = heap.alloc(this.capacity);
  }
}

/** Where the host writes to. */
export class Result {
  pointer: usize = heap.alloc(1024);
  capacity: i32 = 1024;

  /** True when the host has more than there is room for, which there is now: ask again. */
  isTooSmallFor(length: i32): bool {
    if (length <= this.capacity) return false;
    heap.free(this.pointer);
    this.capacity = length;
    this.pointer = heap.alloc(length);
    return true;
  }

  latin1(length: i32): string {
    return latin1At(this.pointer, length);
  }

  utf8(length: i32): string {
    return String.UTF8.decodeUnsafe(this.pointer, length);
  }

  bytes(length: i32): Uint8Array {
    const copy = new Uint8Array(length);
    memory.copy(copy.dataStart, this.pointer, length);
    return copy;
  }

  /** Latin-1 texts with a NUL after each, or between them. */
  list(length: i32): string[] {
    const texts: string[] = [];
    let start = 0;
    for (let at = 0; at < length; at++) {
      if (load<u8>(this.pointer + at) !== 0) continue;
      texts.push(latin1At(this.pointer + start, at - start));
      start = at + 1;
    }
    if (start < length) texts.push(latin1At(this.pointer + start, length - start));
    return texts;
  }
}

function latin1At(pointer: usize, length: i32): string {
  const text = __new(<usize>length << 1, idof<string>());
  for (let at = 0; at < length; at++) {
    store<u16>(text + (<usize>at << 1), load<u8>(pointer + at));
  }
  return changetype<string>(text);
}

/** At most three texts go into one host call. */
export const first: Argument = new Argument();
export const second: Argument = new Argument();
export const third: Argument = new Argument();
export const result: Result = new Result();
