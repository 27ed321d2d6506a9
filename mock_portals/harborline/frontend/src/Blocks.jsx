import { DataGrid } from "@mui/x-data-grid";
import { Fragment, useEffect, useState } from "react";

function Facts({ block, look }) {
  const title = block.title && <h2>{block.title}</h2>;
  if (look === "table")
    return (
      <section className="block">
        {title}
        <table className="facts"><tbody>{block.facts.map(([label, words]) => <tr key={label}><th scope="row">{label}</th><td>{words}</td></tr>)}</tbody></table>
      </section>
    );
  if (look === "roles")
    return (
      <section className="block">
        {title}
        <dl className="plain-list">{block.facts.map(([label, words]) => <div key={label}><dt>{label}:</dt><dd>{words}</dd></div>)}</dl>
      </section>
    );
  return (
    <section className="block">
      {title}
      <div className="panels">{block.facts.map(([label, words]) => <div key={label} className="panel"><div className="panel-label">{label}</div><div className="panel-value">{words}</div></div>)}</div>
    </section>
  );
}

function Open({ number, onOpen }) {
  return <a className="link" href={`#claim/${number}`} onClick={(event) => { event.preventDefault(); onOpen(number); }}>{number}</a>;
}

function Grid({ block, onOpen }) {
  const columns = block.headers.map((header, at) => ({
    field: `c${at}`, headerName: header, minWidth: 158, flex: 1, sortable: false, filterable: false, disableColumnMenu: true,
    renderCell: header === block.linked ? ({ row }) => <Open number={row.id} onOpen={onOpen} /> : undefined,
  }));
  const rows = block.rows.map((cells, at) => Object.fromEntries([["id", block.links[at]], ...cells.map((words, column) => [`c${column}`, words])]));
  return (
    <div className="grid">
      <DataGrid aria-label={block.title} rows={rows} columns={columns} density="compact" hideFooter rowHeight={44}
        initialState={{ pagination: { paginationModel: { pageSize: 100 } } }} disableRowSelectionOnClick rowSelection={false} />
    </div>
  );
}

function Rows({ block, look, onOpen, onTurn }) {
  const [open, setOpen] = useState([]);
  useEffect(() => setOpen([]), [block]);
  const [all, setAll] = useState(false);
  const { page, pages } = block;
  const shown = all || !block.more ? block.rows : block.rows.slice(0, block.more);
  const more = shown.length < block.rows.length && <button className="small" onClick={() => setAll(true)}>View more</button>;
  const cell = (words, row, column) => block.linked === block.headers[column] && block.links
    ? <Open number={block.links[row]} onOpen={onOpen} /> : words;
  const details = block.details;
  const toggle = (row) => setOpen(open.includes(row) ? open.filter((each) => each !== row) : [...open, row]);
  if (look === "roles" && !details)
    return (
      <>
      <div className="rows" role="table" aria-label={block.title}>
        <div role="rowgroup"><div role="row" className="rows-head">{block.headers.map((header) => <span key={header} role="columnheader">{header}</span>)}</div></div>
        <div role="rowgroup">
          {shown.map((cells, row) => <div key={row} role="row" className="rows-row">{cells.map((words, column) => <span key={column} role="cell">{cell(words, row, column)}</span>)}</div>)}
        </div>
      </div>
      {more}
      </>
    );
  return (
    <div className={look === "grid" ? "scroll" : "scroll banded"}>
      {details && <button className="small" onClick={() => setOpen(open.length === shown.length ? [] : shown.map((_, row) => row))}>{open.length === shown.length ? "Collapse all" : "Expand all"}</button>}
      <table>
        <thead><tr>{block.headers.map((header) => <th key={header} scope="col">{header}</th>)}{details && <th scope="col"><span className="sr">Details</span></th>}</tr></thead>
        <tbody>
          {shown.map((cells, row) => (
            <Fragment key={row}>
              <tr>
                {cells.map((words, column) => <td key={column}>{cell(words, row, column)}</td>)}
                {details && <td><button className="link" aria-expanded={open.includes(row)} aria-label={`Details of line ${row + 1}`} onClick={() => toggle(row)}>{open.includes(row) ? "▴" : "▾"}</button></td>}
              </tr>
              {details && open.includes(row) && (
                <tr className="detail"><td colSpan={cells.length + 1}>{details[row].map(([label, words]) => <p key={label}><span className="label">{label}</span> <span>{words}</span></p>)}</td></tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
      {more}
      {pages > 1 && (
        <div className="pager">
          <button className="small" disabled={page === 1} onClick={() => onTurn(page - 1)}>Previous page</button>
          <span>Page {page} of {pages}</span>
          <a role="link" tabIndex={0} className="link" aria-disabled={page === pages} onClick={() => page < pages && onTurn(page + 1)}>Next page</a>
        </div>
      )}
    </div>
  );
}

/** Service reviews, each closed until it is opened. */
function Reviews({ block, found, look }) {
  const [open, setOpen] = useState([]);
  const every = block.items.map((item) => item.title);
  const all = open.length === every.length;
  const toggle = (title) => setOpen(open.includes(title) ? open.filter((each) => each !== title) : [...open, title]);
  return (
    <section className="block">
      <h2>{block.title}</h2>
      {found}
      <button className="small" onClick={() => setOpen(all ? [] : every)}>{all ? "Collapse all" : "Expand all"}</button>
      {block.items.map((item) => (
        <article key={item.title} className="review">
          <h3>{item.title}</h3>
          <button className="small" aria-expanded={open.includes(item.title)} onClick={() => toggle(item.title)}>{item.summary}</button>
          {open.includes(item.title) && item.blocks.map((inner) => inner.kind === "facts"
            ? <Facts key="facts" block={inner} look={look} />
            : <section key={inner.title}><h4>{inner.title}</h4><Rows block={inner} look={look} /></section>)}
        </article>
      ))}
    </section>
  );
}

/** A part of an answer, drawn as the payer's pages draw it. */
export function Block({ block, look, layoutB, onOpen, onTurn }) {
  const other = { grid: "table", table: "grid", roles: "grid" };
  const drawn = layoutB ? other[look] : look;
  if (block.kind === "facts") return <Facts block={block} look={drawn} />;
  if (block.kind === "list")
    return <section className="block"><h2>{block.title}</h2><ul>{block.items.map((words) => <li key={words}>{words}</li>)}</ul></section>;
  const found = block.found && <p className="total">{block.found}</p>;
  if (block.kind === "reviews") return <Reviews key={block.items.map((item) => item.title).join()} block={block} found={found} look={drawn} />;
  return (
    <section className="block">
      <h2>{block.title}</h2>
      {found}
      {look === "grid" && block.links ? <Grid block={block} onOpen={onOpen} /> : <Rows block={block} look={drawn} onOpen={onOpen} onTurn={onTurn} />}
    </section>
  );
}
