// Text tables for a terminal.

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Rows of cells under their titles, as wide as the widest cell. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, index) => {
    return Math.max(...[titles, ...rows].map((cells) => (cells[index] ?? "").length));
  });
  const line = (cells: readonly string[]) => {
    const padded = columns.map((column, index) => {
      const cell = cells[index] ?? "";
      const width = widths[index] ?? 0;
      return column.align === "left" ? cell.padEnd(width) : cell.padStart(width);
    });
    return padded.join("  ").trimEnd();
  };
  const rule = widths.map((width) => "-".repeat(width));
  return [titles, rule, ...rows].map(line).join("\n");
}
