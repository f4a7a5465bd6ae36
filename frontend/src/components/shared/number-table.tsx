import { cn } from "@/lib/class-names";

interface NumberTableProps {
  caption: string;
  /** The first names the rows. */
  columns: readonly string[];
  rows: readonly { key: string; name: string; cells: readonly string[] }[];
}

/** Numbers under sticky headings. */
export function NumberTable({ caption, columns, rows }: NumberTableProps) {
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column, index) => (
            <th
              key={column}
              scope="col"
              className={cn(
                "sticky top-0 border-b bg-ground py-1.5 pr-3 font-medium text-muted",
                index === 0 ? "text-left" : "text-right",
              )}
            >
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, cells }) => (
          <tr key={key} className="border-b last:border-b-0">
            <th scope="row" className="py-1.5 pr-3 text-left font-normal">
              {name}
            </th>
            {cells.map((cell, index) => (
              <td key={columns[index + 1]} className="py-1.5 pr-3 text-right">
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
