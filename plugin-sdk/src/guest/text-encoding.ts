// TextEncoder and TextDecoder for UTF-8. https://encoding.spec.whatwg.org/
import { utf8Decode, utf8Encode } from "./native.ts";

const BYTE_ORDER_MARK = "\uFEFF";
const REPLACEMENT = "\uFFFD";
const LABELS = ["utf-8", "utf8", "unicode-1-1-utf-8"];

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(text = ""): Uint8Array<ArrayBuffer> {
    return utf8Encode(wellFormed(text));
  }
}

/** A lone surrogate has no UTF-8. */
function wellFormed(text: string): string {
  return String(text).toWellFormed();
}

export class TextDecoder {
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.includes(label.trim().toLowerCase())) {
      throw new RangeError(`Only utf-8 can be decoded in a plugin, not ${label}`);
    }
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  get encoding(): string {
    return "utf-8";
  }

  /** Decodes whole input; there is no `stream` option. */
  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array()): string {
    const bytes = bytesOf(input);
    if (bytes.length === 0) return "";
    const text = utf8Decode(bytes);
    if (this.fatal && text.includes(REPLACEMENT) && !isSame(utf8Encode(text), bytes)) {
      throw new TypeError("The bytes are not valid UTF-8");
    }
    return !this.ignoreBOM && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }
}

export function bytesOf(input: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
