// What a README tells its reader to do: the commands of its fenced `sh` blocks, and the files to save before.

export interface ReadmeCommand {
  /** As it stands there, continuation lines and here-documents included. */
  readonly text: string;
  /** Of README.md, from 1. */
  readonly line: number;
  /** The status that a comment behind a curl command promises, such as `# 401`. */
  readonly status: number | undefined;
}

/** All commands of the `sh` blocks, in order. Throws on a block or here-document that does not end. */
export function readCommands(markdown: string): ReadmeCommand[] {
  const lines = markdown.split("\n");
  const commands: ReadmeCommand[] = [];
  let isInside = false;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.trimEnd() === "```sh") isInside = true;
    else if (line.startsWith("```")) isInside = false;
    else if (isInside && line.trim() !== "" && !line.trimStart().startsWith("#")) {
      const length = lengthOf(lines, index);
      commands.push(toCommand(lines.slice(index, index + length).join("\n"), index + 1));
      index += length - 1;
    }
  }
  if (isInside) throw new Error("a sh block of README.md does not end");
  return commands;
}

export interface ReadmeFile {
  readonly name: string;
  readonly content: string;
}

/** Fenced blocks that the text before them names: "Save this as `hello.ts`:". */
export function readFiles(markdown: string): ReadmeFile[] {
  const blocks = markdown.matchAll(/\bas `([\w./-]+)`[^\n]*\n\n```\w+\n([\s\S]*?\n)```/g);
  return [...blocks].map(([, name = "", content = ""]) => ({ name, content }));
}

/** Lines that belong to the command at `start`. */
function lengthOf(lines: readonly string[], start: number): number {
  const hereDocument = /<<-?\s*['"]?(\w+)['"]?/.exec(lines[start] ?? "");
  if (hereDocument !== null) {
    const end = lines.indexOf(hereDocument[1] ?? "", start + 1);
    if (end < 0) throw new Error(`README.md:${start + 1}: the here-document does not end`);
    return end - start + 1;
  }
  let length = 1;
  while ((lines[start + length - 1] ?? "").endsWith("\\")) length++;
  return length;
}

function toCommand(text: string, line: number): ReadmeCommand {
  const comment = /\s+#\s*(.*)$/.exec(text);
  const status = /^(?:→\s*)?(\d{3})\b/.exec(comment?.[1] ?? "");
  const isOneLine = !text.includes("\n");
  return {
    text: isOneLine && comment !== null ? text.slice(0, comment.index) : text,
    line,
    status: status === null ? undefined : Number(status[1]),
  };
}
