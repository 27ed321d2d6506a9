import { useEffect, useState } from "react";
import { call, Notice } from "./api.js";

const NEWS = [
  ["Nov 12", "Sundial Guild Trust answers service reviews now."],
  ["Nov 4", "Text messages as a way to verify end on January 15."],
  ["Oct 28", "Remittances go back 24 months instead of 18."],
];
const SOON = ["Claim submission", "Attachments", "Payer spaces", "Reporting"];

/** A dialog over everything; `choices` are words and what comes of them. */
function Over({ title, children, choices }) {
  return (
    <div className="over">
      <div className="dialog" role="dialog" aria-modal="true" aria-labelledby="dialog-title">
        <h2 id="dialog-title">{title}</h2>
        {children}
        <div className="row">{choices.map(([words, act, look]) => <button key={words} className={look} onClick={act}>{words}</button>)}</div>
      </div>
    </div>
  );
}

function Regions({ region, regions, at }) {
  const [open, setOpen] = useState(false);
  const change = (wanted) => at(async () => {
    await call("/api/region", { region: wanted });
    location.reload();
  });
  return (
    <div className="regions">
      <div className="regions-trigger" tabIndex={0} aria-label={`Region: ${region}`} onClick={() => setOpen(!open)}>
        <span className="pin" aria-hidden="true">◉</span> {region} <span aria-hidden="true">▾</span>
      </div>
      {open && (
        <div className="regions-menu">
          {regions.map((each) => <div key={each} className={each === region ? "chosen" : ""} onClick={() => change(each)}>{each}</div>)}
        </div>
      )}
    </div>
  );
}

/** What stays while applications come and go: who is here, the region, the menu, and dialogs. */
export function Shell() {
  const [me, setMe] = useState(null);
  const [app, setApp] = useState(null);
  const [notice, setNotice] = useState(null);
  const [dialogs, setDialogs] = useState([]);
  const [cookies, setCookies] = useState(!localStorage.getItem("hbl_cookies"));

  useEffect(() => {
    call("/api/me").then(({ data }) => setMe(data), (problem) => setNotice(problem instanceof Notice ? problem : new Notice("")));
  }, []);
  if (notice) return <main className="notice"><p className="brand">Harborline</p><h1>{notice.heading}</h1><p>{notice.words}</p></main>;
  if (!me) return <div className="waiting" role="progressbar" aria-label="Loading" />;

  /** Do something at the site; where the site as a whole does not answer, say what it says instead. */
  const at = (act) => act().catch((problem) => setNotice(problem instanceof Notice ? problem : new Notice("")));
  const open = (id) => id !== app && at(async () => {
    setApp(id);
    const { data } = await call("/api/me");
    setDialogs(data.dialogs);
  });
  const choose = (kind) => () => {
    localStorage.setItem("hbl_cookies", kind);
    setCookies(false);
  };
  const shut = () => setDialogs([]);
  const apps = Object.entries(me.apps);
  return (
    <div className="shell">
      <header>
        <p className="brand">Harborline</p>
        <Regions region={me.region} regions={me.regions} at={at} />
        <p className="who">{me.name}</p>
        <button className="plain" onClick={async () => location.assign(`/${(await call("/api/sign-out", {})).data.next}`)}>Sign out</button>
      </header>
      <nav aria-label="Applications">
        <button className={app ? "" : "here"} onClick={() => setApp(null)}>Home</button>
        {apps.map(([id, name]) => <button key={id} className={app === id ? "here" : ""} onClick={() => open(id)}>{name}</button>)}
        <p className="fine">More</p>
        {SOON.map((name) => <button key={name} disabled>{name}</button>)}
      </nav>
      {app ? <iframe key={app} title={me.apps[app]} src={`/apps/${app}`} /> : (
        <main className="home">
          <h1>Welcome, {me.name.split(" ")[0]}</h1>
          {apps.length === 0 && <p className="alert error">You have no access to Harborline’s applications. Contact your Harborline administrator if an application is not listed.</p>}
          <div className="cards">
            {apps.map(([id, name]) => <div key={id} className="card" onClick={() => open(id)}><b>{name}</b><span>Open for {me.region}</span></div>)}
          </div>
          <h2>News</h2>
          <ul className="news">{NEWS.map(([day, words]) => <li key={day}><time>{day}</time> {words}</li>)}</ul>
        </main>
      )}
      {cookies && (
        <div className="cookies" role="dialog" aria-labelledby="cookies-title">
          <h2 id="cookies-title">Cookies on Harborline</h2>
          <p>We use cookies that the site needs, and with your consent some that measure how it is used.</p>
          <div className="row"><button onClick={choose("all")}>Accept all</button><button onClick={choose("needed")}>Only what is needed</button></div>
        </div>
      )}
      {dialogs.includes("survey") && (
        <Over title="How are we doing?" choices={[["Give feedback", async () => { await call("/api/survey", {}); shut(); }, "primary"], ["Not now", shut, ""]]}>
          <p>Two questions, one minute. Your answer helps us make Harborline better.</p>
        </Over>
      )}
      {dialogs.includes("unknown") && (
        <Over title="Confirm your work e-mail" choices={[["Confirm", shut, "primary"], ["Change", shut, ""]]}>
          <p>We have m•••@alderfinch.example on file for you. Is that still right?</p>
        </Over>
      )}
    </div>
  );
}
