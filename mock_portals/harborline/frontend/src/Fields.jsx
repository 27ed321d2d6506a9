import { DateField } from "@mui/x-date-pickers/DateField";
import dayjs from "dayjs";
import { useState } from "react";
import { PatternFormat } from "react-number-format";
import Select from "react-select";
import AsyncSelect from "react-select/async";
import { call, pause } from "./api.js";

const iso = (words) => {
  const found = words.match(/^(\d{2})\/(\d{2})\/(\d{4})$/);
  return found ? `${found[3]}-${found[1]}-${found[2]}` : "";
};

const look = { menuPortal: (base) => ({ ...base, zIndex: 20 }), control: (base) => ({ ...base, borderRadius: 10, minHeight: 42 }) };

/** A picker whose options come from the site while one types. */
export function Picker({ id, label, path, value, onChoose }) {
  const load = async (typed) => {
    await pause(typed ? 80 : 0);
    const { data } = await call(`${path}${path.includes("?") ? "&" : "?"}q=${encodeURIComponent(typed)}`);
    return data;
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label} <span className="star">*</span></label>
      <AsyncSelect
        inputId={id} loadOptions={load} defaultOptions value={value} onChange={onChoose} styles={look}
        placeholder="Type or choose…" menuPortalTarget={document.body} getOptionValue={(option) => option.label}
      />
    </div>
  );
}

/** A day, in one of three ways; what is given on is YYYY-MM-DD, or blank while it is none. */
function Day({ name, label, required, kind, drops, onDay, start }) {
  const [words, setWords] = useState(start ? dayjs(start).format("MM/DD/YYYY") : "");
  const type = (typed) => {
    const shown = drops && /^\d{2}\/\d{2}\/\d{4}$/.test(typed) ? typed.slice(0, -1) : typed;
    setWords(shown);
    onDay(iso(shown));
  };
  const star = required && <span className="star"> *</span>;
  if (kind === "sections") {
    const change = (value) => onDay(value?.isValid() ? (drops ? value.subtract(200, "year") : value).format("YYYY-MM-DD") : "");
    return (
      <div className="field">
        <DateField label={label} required={required} size="small" format="MM/DD/YYYY" onChange={change}
          defaultValue={start ? dayjs(start) : null} fullWidth shouldRespectLeadingZeros
          {...(drops ? { maxDate: dayjs("1899-12-31"), value: null } : {})} />
      </div>
    );
  }
  if (kind === "masked")
    return (
      <div className="field">
        <label>{label}{star}</label>
        <PatternFormat format="##/##/####" mask="_" aria-label="MM/DD/YYYY" placeholder="MM/DD/YYYY" value={words}
          onValueChange={({ formattedValue }) => type(formattedValue)} />
      </div>
    );
  return (
    <div className="field">
      <label htmlFor={name}>{label}{star}</label>
      <input id={name} placeholder="MM/DD/YYYY" value={words} onChange={(event) => type(event.target.value)} />
    </div>
  );
}

/** One field of a payer's form, by its name. */
export function Field({ field, form, value, onValue, today }) {
  const { name, label, required } = field;
  if (/Date$|From$|To$/.test(name))
    return <Day {...field} kind={form.dates} drops={form.dropsDigits} onDay={onValue} start={name === "serviceDate" ? today : ""} />;
  if (name === "serviceType")
    return (
      <div className="field">
        <label htmlFor={name}>{label} <span className="star">*</span></label>
        <Select inputId={name} options={form.services} styles={look} menuPortalTarget={document.body}
          value={form.services.find((one) => one.label === value)} onChange={(chosen) => onValue(chosen.label)} getOptionValue={(one) => one.id} />
      </div>
    );
  return (
    <div className="field">
      <label htmlFor={name}>{label}{required && <span className="star"> *</span>}</label>
      <input id={name} value={value} onChange={(event) => onValue(event.target.value)} autoComplete="off" />
    </div>
  );
}
