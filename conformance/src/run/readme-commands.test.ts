import assert from "node:assert/strict";
import { test } from "node:test";

import { readCommands, readFiles } from "../readme/commands.ts";

const FENCE = "```";

test("takes each command of the sh blocks, and nothing else", () => {
  const markdown = [
    "# Title",
    `${FENCE}sh`,
    "npm ci && npm start",
    "# a remark",
    "",
    "curl -i http://127.0.0.1:8000/echo   # 401",
    "npx tool \\",
    "  --flag",
    "cat > x <<'EOF'",
    "content # no comment",
    "EOF",
    FENCE,
    `${FENCE}ts`,
    "code();",
    FENCE,
  ].join("\n");
  assert.deepEqual(readCommands(markdown), [
    { text: "npm ci && npm start", line: 3, status: undefined },
    { text: "curl -i http://127.0.0.1:8000/echo", line: 6, status: 401 },
    { text: "npx tool \\\n  --flag", line: 7, status: undefined },
    { text: "cat > x <<'EOF'\ncontent # no comment\nEOF", line: 9, status: undefined },
  ]);
});

test("refuses a block that does not end", () => {
  assert.throws(() => readCommands(`${FENCE}sh\nnpm ci\n`), /does not end/);
});

test("takes the files that the text names", () => {
  const markdown = [
    "Save this as `hello.ts`:",
    "",
    `${FENCE}ts`,
    "one();",
    "two();",
    FENCE,
    "Other code:",
    "",
    `${FENCE}ts`,
    "three();",
    FENCE,
  ].join("\n");
  assert.deepEqual(readFiles(markdown), [{ name: "hello.ts", content: "one();\ntwo();\n" }]);
});
