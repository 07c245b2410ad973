// Changes of the fields of a multipart/form-data body (RFC 7578). Bytes are characters up to U+00FF here.
import { HttpError } from "@sluice/plugin-sdk";

import type { Changeable } from "../parts/changes.ts";
import { bytesOfLatin1, latin1Of } from "../parts/latin1.ts";

export interface Multipart extends Changeable<string> {
  readonly isChanged: boolean;
  toString(): string;
}

interface Part {
  readonly name: string;
  /** Head and body as they are written. */
  readonly text: string;
}

/** The boundary that a Content-Type states. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** Undefined for a body that is not made of parts with this boundary. */
export function parseMultipart(body: string, boundary: string): Multipart | undefined {
  const delimiter = `\r\n--${boundary}`;
  const sections = `\r\n${body}`.split(delimiter);
  // Before the first delimiter and behind the last one there is nothing that counts.
  if (sections.length < 2 || sections.at(-1)?.startsWith("--") !== true) return undefined;
  let parts: Part[] = [];
  for (const section of sections.slice(1, -1)) {
    if (!section.startsWith("\r\n")) return undefined;
    parts.push({ name: nameOf(section), text: section });
  }
  let isChanged = false;
  const replaceAll = (changed: Part[]): void => {
    parts = changed;
    isChanged = true;
  };
  const without = (name: string): Part[] => parts.filter((part) => part.name !== name);
  const written = (name: string, value: string): Part => ({
    name,
    text: writePart(name, value, delimiter),
  });
  return {
    get isChanged() {
      return isChanged;
    },
    has: (name) => parts.some((part) => part.name === name),
    remove: (name) => {
      const rest = without(name);
      if (rest.length !== parts.length) replaceAll(rest);
    },
    rename: (oldName, newName) =>
      replaceAll(
        without(newName).map((part) =>
          part.name === oldName ? { name: newName, text: renamed(part.text, newName) } : part,
        ),
      ),
    set: (name, value) => replaceAll([...without(name), written(name, value)]),
    append: (name, value) => replaceAll([...parts, written(name, value)]),
    toString: () =>
      `${parts.map(({ text }) => delimiter + text).join("")}${delimiter}--\r\n`.slice(
        "\r\n".length,
      ),
  };
}

const NAME = /^(content-disposition:[^\r\n]*?;\s*name=)("(?:[^"\r\n]*)"|[^\s;"\r\n]+)/im;

function headOf(text: string): string {
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? text : text.slice(0, end);
}

function nameOf(text: string): string {
  const name = NAME.exec(headOf(text))?.[2] ?? "";
  const plain = name.startsWith('"') ? name.slice(1, -1) : name;
  return utf8Of(plain.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n"));
}

function renamed(text: string, name: string): string {
  const head = headOf(text);
  return head.replace(NAME, (_, before: string) => before + quoted(name)) + text.slice(head.length);
}

function writePart(name: string, value: string, delimiter: string): string {
  const bytes = bytesOf(value);
  // It would begin a part of its own.
  if (`\r\n${bytes}`.includes(delimiter))
    throw new HttpError(400, "A value has the form's boundary");
  return `\r\nContent-Disposition: form-data; name=${quoted(name)}\r\n\r\n${bytes}`;
}

/** RFC 7578 section 4.2, as browsers write names. */
function quoted(name: string): string {
  const escaped = name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return `"${bytesOf(escaped)}"`;
}

function bytesOf(text: string): string {
  return latin1Of(new TextEncoder().encode(text));
}

function utf8Of(bytes: string): string {
  return new TextDecoder().decode(bytesOfLatin1(bytes));
}
