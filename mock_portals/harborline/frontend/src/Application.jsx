import CircularProgress from "@mui/material/CircularProgress";
import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { useEffect, useMemo, useState } from "react";
import { call, inquire, Notice } from "./api.js";
import { Block } from "./Blocks.jsx";
import { Field, Picker } from "./Fields.jsx";

const TITLES = {
  eligibility: "Eligibility and Benefits", claims: "Claim Status",
  remittances: "Remittance Viewer", authorizations: "Authorizations and Referrals",
};
const LATE = { severity: "warning", words: "The payer is taking longer than expected. Please try again later." };

function Said({ alert }) {
  return <p className={`alert ${alert.severity}`} role="alert">{alert.words}</p>;
}

function Detail({ app, claim, form, onBack }) {
  const [said, setSaid] = useState("");
  const send = async (what) => setSaid((await call(`/api/claims/${claim.number}/${what}`, {})).data.message);
  return (
    <div className="results">
      <div className="row">
        <button className="small" onClick={onBack}>Back to results</button>
        {app === "claims" && <button className="small" onClick={() => send("dispute")}>Dispute this claim</button>}
        {app === "claims" && <button className="small" onClick={() => send("attachments")}>Send attachments</button>}
      </div>
      {said && <Said alert={{ severity: "info", words: said }} />}
      <section className="echo"><h2>{app === "claims" ? "Claim from" : "Remittance from"}</h2><dl>{claim.echo.map(([label, words]) => <div key={label}><dt>{label}</dt><dd>{words}</dd></div>)}</dl></section>
      {claim.blocks.map((block) => <Block key={block.title} block={block} look={form.results} layoutB={form.layoutB} />)}
    </div>
  );
}

/** An application in the shell's frame: whose inquiry it is, the payer's form, and what came of it. */
export function Application({ app }) {
  const [today, setToday] = useState("");
  const [organization, setOrganization] = useState(null);
  const [payer, setPayer] = useState(null);
  const [form, setForm] = useState(null);
  const [tab, setTab] = useState(0);
  const [filled, setFilled] = useState({});
  const [answer, setAnswer] = useState(null);
  const [claim, setClaim] = useState(null);
  const [busy, setBusy] = useState("");
  const [wrong, setWrong] = useState("");
  const [notice, setNotice] = useState(null);

  /** Do something at the site; where the site as a whole does not answer, say what it says instead. */
  const at = async (act) => {
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Notice)) throw problem;
      setNotice(problem);
    }
    setBusy("");
  };
  useEffect(() => { at(async () => setToday((await call("/api/me")).data.today)); }, []);
  useEffect(() => {
    setForm(null);
    setAnswer(null);
    setClaim(null);
    setWrong("");
    if (payer)
      at(async () => {
        const { data } = await call(`/api/forms/${app}?payer=${payer.id}`);
        setTab(0);
        setFilled(blank(data));
        setForm(data);
      });
  }, [payer]);
  const blank = (data) => ({ serviceDate: today, serviceType: data.services[0].label });

  const search = (event) => {
    event.preventDefault();
    const asked = form.tabs[tab];
    const missing = asked.fields.find((field) => field.required && !filled[field.name]);
    setWrong(missing ? `${missing.label} is required.` : "");
    if (missing) return;
    setBusy("Searching…");
    setClaim(null);
    at(async () => {
      const own = Object.fromEntries(asked.fields.map((field) => [field.name, filled[field.name] ?? ""]));
      const body = { ...own, payer: payer.id, organization: organization.name, tab: asked.name };
      const found = await inquire(`/api/${app}`, body, () => setBusy("We are still retrieving this from the payer…"));
      if (!found) setAnswer({ echo: [], alert: LATE, blocks: [] });
      else if (found.status === 422) setWrong(found.data.message);
      else if (found.data.quiet) setAnswer({ echo: [["Payer", payer.label]], alert: { severity: "warning", words: "The payer could not find any claims for this search." }, blocks: [] });
      else setAnswer(found.data);
    });
  };
  const open = (number) => {
    setBusy("Opening…");
    at(async () => {
      const { status, data } = await call(`/api/${app}/${number}?payer=${payer.id}&organization=${encodeURIComponent(organization.name)}`);
      if (status === 200) setClaim({ number, ...data });
      else setAnswer({ echo: [], alert: { severity: "error", words: "This claim cannot be opened." }, blocks: [] });
    });
  };
  const turn = (page) => {
    setBusy("Loading…");
    at(async () => setAnswer((await call(`/api/inquiries/${answer.id}?page=${page}`)).data));
  };
  const choose = (place) => {
    setTab(place);
    setFilled(blank(form));
    setWrong("");
  };
  // Drawn again only when there is something else to show, not with every key that is typed above it.
  const drawn = useMemo(() => claim ? <Detail app={app} claim={claim} form={form} onBack={() => setClaim(null)} /> : answer && (
    <div className="results">
      <section className="echo"><h2>Your search</h2><dl>{answer.echo.map(([label, words]) => <div key={label}><dt>{label}</dt><dd>{words}</dd></div>)}</dl></section>
      {answer.alert && <Said alert={answer.alert} />}
      {answer.blocks.map((block) => <Block key={block.title} block={block} look={form.results} layoutB={form.layoutB} onOpen={open} onTurn={turn} />)}
    </div>
  ), [answer, claim]);

  if (notice) return <main className="notice"><h1>{notice.heading}</h1><p>{notice.words}</p></main>;
  return (
    <main className="app">
      <h1>{TITLES[app]}</h1>
      <div className="context">
        <Picker id="organization" label="Organization" path="/api/organizations" value={organization}
          onChoose={(chosen) => { setOrganization(chosen); setPayer(null); }} />
        {organization && <Picker key={organization.label} id="payer" label="Payer" path={`/api/payers?organization=${encodeURIComponent(organization.name)}`} value={payer} onChoose={setPayer} />}
      </div>
      {form && payer && <Said alert={{ severity: "info", words: form.banner }} />}
      {form && payer && (
        <form className="inquiry" onSubmit={search} noValidate>
          {form.tabs.length + (app === "claims") > 1 && <Tabs value={tab} onChange={(_, place) => choose(place)}>{form.tabs.map((each) => <Tab key={each.name} label={each.name} />)}</Tabs>}
          <div className="fields" key={`${payer.id} ${tab}`}>
            {form.tabs[tab].fields.map((field) => (
              <Field key={field.name} field={field} form={form} today={today} value={filled[field.name] ?? ""}
                onValue={(words) => setFilled((before) => ({ ...before, [field.name]: words }))} />
            ))}
          </div>
          {wrong && <p className="alert error" role="alert">{wrong}</p>}
          <button className="primary" type="submit">Search</button>
        </form>
      )}
      <div className="holder" aria-busy={busy !== ""}>
        {busy && <div className="busy"><CircularProgress size={34} aria-label="Working" /><p>{busy}</p></div>}
        {drawn}
      </div>
    </main>
  );
}
