// A table that scrolls by itself where the window is narrow.

import type { ComponentChildren } from "preact";

export interface Column<R> {
  title: string;
  /** What stands in a row. */
  cell: (row: R) => ComponentChildren;
  form?: "number" | "wrap";
}

interface Props<R> {
  label: string;
  /** The first is what a row is about. */
  columns: Column<R>[];
  rows: R[];
}

export function Table<R>({ label, columns, rows }: Props<R>) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(({ title, form }) => <th key={title} scope="col" class={form === "number" ? "number" : ""}>{title}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              {columns.map(({ title, cell, form }, at) => (at ? <td key={title} class={form ?? ""}>{cell(row)}</td> : <th key={title} scope="row">{cell(row)}</th>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
