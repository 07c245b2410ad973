// Damage to a message's bytes, of the kinds that have made two parsers read one message in two ways.
import type { Random } from "./random.ts";

const BYTES = "\0\t\n\v\f\r !\"#%&'()*+,-./0159:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\x85\xa0\xff".split(
  "",
);
const TOKENS = [
  "\r\n",
  "\r",
  "\n",
  "\r\n\r\n",
  "\r\n ",
  "\r\n\t",
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length : 3\r\n",
  "Content-Length: +1\r\n",
  "Content_Length: 7\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "Transfer-Encoding : chunked\r\n",
  "transfer-encoding: Chunked\r\n",
  "Connection: close\r\n",
  "Connection: Host, Content-Length, Transfer-Encoding\r\n",
  "Host: other.test\r\n",
  "X-Forwarded-For: 6.6.6.6\r\n",
  "X-Consumer-Id: 1\r\n",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
  "HTTP/1.1 100 Continue\r\n\r\n",
  " HTTP/1.1",
  "chunked",
  ", chunked",
  "%2e%2e/",
  "%2f",
  "%00",
  "%",
  "//",
  "/../",
  "\\",
  "@",
  ";",
  ",",
];

/** The text with some damage; with none in one of ten cases. */
export function mutate(text: string, random: Random): string {
  if (random.chance(10)) return text;
  let mutated = text;
  for (let left = 1 + random.below(3); left > 0; left--) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(text: string, random: Random): string {
  const at = placeIn(text, random);
  const length = 1 + random.below(random.chance(80) ? 4 : 40);
  const part = text.slice(at, at + length);
  const before = text.slice(0, at);
  const after = text.slice(at + length);
  switch (random.below(11)) {
    case 0:
    case 1:
      return before + random.pick(BYTES) + text.slice(at + 1);
    case 2:
      return before + random.pick(BYTES) + text.slice(at);
    case 3:
    case 4:
      return before + random.pick(TOKENS) + text.slice(at);
    case 5:
      return before + after;
    case 6:
      return before + part + part + after;
    case 7:
      return swapLines(text, random);
    case 8:
      return withLine(text, random.pick(text.split("\r\n")), random);
    case 9:
      return withLine(text, random.pick(TOKENS).replace(/\r\n$/, ""), random);
    default:
      return random.chance(30) ? before : before + swapCase(part) + after;
  }
}

/** Any place, and often one where the reading of a message turns. */
function placeIn(text: string, random: Random): number {
  if (random.chance(50)) return random.below(text.length + 1);
  const turns = [...text.matchAll(/\r\n|:| |;|\d+/g)].map(({ index }) => index);
  return turns.length === 0 ? 0 : random.pick(turns) + random.below(3);
}

/** The text with a line more, such as a field that it has already or must not have. */
function withLine(text: string, line: string, random: Random): string {
  const lines = text.split("\r\n");
  lines.splice(1 + random.below(lines.length), 0, line);
  return lines.join("\r\n");
}

function swapLines(text: string, random: Random): string {
  const lines = text.split("\r\n");
  const one = random.below(lines.length);
  const other = random.below(lines.length);
  const [line = "", otherLine = ""] = [lines[one], lines[other]];
  lines[one] = otherLine;
  lines[other] = line;
  return lines.join("\r\n");
}

function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return text === upper ? text.toLowerCase() : upper;
}
