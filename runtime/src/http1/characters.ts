// Which bytes may stand where in an HTTP/1.1 head (RFC 9110 §5.5 and §5.6.2, RFC 9112 §3).

function table(isAllowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (isAllowed(code) ? 1 : 0));
}

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

function isAlphanumeric(code: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(code));
}

/** `tchar`: methods and field names. */
export const TOKEN_CHARACTERS: Uint8Array = table(
  (code) => isAlphanumeric(code) || TOKEN_PUNCTUATION.includes(String.fromCharCode(code)),
);

export function isToken(text: string): boolean {
  return text !== "" && consistsOf(text, TOKEN_CHARACTERS);
}

/** Field values and reason phrases: visible, space, tab and obs-text; never a control character. */
export const VALUE_CHARACTERS: Uint8Array = table(
  (code) => code === 9 || (code >= 32 && code !== 127),
);

/** Request targets: visible ASCII. */
export const TARGET_CHARACTERS: Uint8Array = table((code) => code > 32 && code < 127);

/** True when every character of the text is in the table; characters above 0xff never are. */
export function consistsOf(text: string, characters: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) {
    if (characters[text.charCodeAt(at)] !== 1) return false;
  }
  return true;
}
