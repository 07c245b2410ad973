// The matrix as a table in Markdown, printed when its cases have run.
import { RUNTIME } from "../harness/runtime.ts";

export class Table {
  readonly #title: string;
  readonly #columns: readonly string[];
  readonly #rows: (readonly string[])[] = [];

  constructor(title: string, columns: readonly string[]) {
    this.#title = title;
    this.#columns = [title, ...columns];
  }

  add(...cells: readonly string[]): void {
    this.#rows.push(cells);
  }

  print(): void {
    const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
    const rule = line(this.#columns.map(() => "---"));
    const lines = [line(this.#columns), rule, ...this.#rows.map(line)];
    console.log(`\n${this.#title}, gateway on ${RUNTIME}\n\n${lines.join("\n")}\n`);
  }
}
