// The status line (RFC 9112 §4).
import type { HeadFault, StartLine } from "./head-parser.ts";

export class StatusLine implements StartLine {
  status = 0;
  reason = "";
  minorVersion = 1;

  read(text: string, start: number, end: number): HeadFault | undefined {
    if (!text.startsWith("HTTP/1.", start)) return "malformed";
    const minor = text.charCodeAt(start + 7) - 48;
    if ((minor !== 0 && minor !== 1) || text.charCodeAt(start + 8) !== 32) return "malformed";
    // RFC 9112 §4 asks for a space after the code even when the reason is empty; many servers leave it out.
    if (end < start + 12 || (end > start + 12 && text.charCodeAt(start + 12) !== 32)) {
      return "malformed";
    }
    this.status = threeDigits(text, start + 9);
    if (this.status < 100 || this.status > 599) return "malformed";
    this.minorVersion = minor;
    this.reason = text.slice(start + 13, end);
    return undefined;
  }
}

function threeDigits(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 3; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + digit;
  }
  return value;
}
