// Headers as one text, name and value in turns with a line feed behind each: no name or value has one (RFC 9110 §5.5). It
// is stored and handed on at less cost than pairs.
export type Header = readonly [name: string, value: string];

export function linesOf(headers: readonly Header[]): string {
  return headers.map(([name, value]) => `${name}\n${value}\n`).join("");
}

export function headersIn(lines: string): Header[] {
  const parts = lines.split("\n");
  const headers: Header[] = [];
  for (let at = 0; at + 2 < parts.length; at += 2) {
    headers.push([parts[at] ?? "", parts[at + 1] ?? ""]);
  }
  return headers;
}
