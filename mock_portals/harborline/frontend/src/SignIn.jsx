import { useState } from "react";
import { call, Notice } from "./api.js";

function Frame({ heading, children }) {
  return (
    <div className="door">
      <aside className="door-side">
        <p className="brand">Harborline</p>
        <p className="door-claim">One sign-in. Every payer you bill.</p>
        <ul>
          <li>Eligibility and benefits</li>
          <li>Claim status, line by line</li>
          <li>Remittances and service reviews</li>
        </ul>
      </aside>
      <main className="door-card">
        <h1>{heading}</h1>
        {children}
        <p className="fine">Use your own account. Sharing a user ID is against the Harborline user agreement.</p>
      </main>
    </div>
  );
}

const METHODS = [
  ["authenticator", "Authenticator app", "Use the six-digit code in your app"],
  ["text", "Text message", "Send a code to •••-•••-0142"],
  ["backup", "Backup code", "Use one of the codes you saved"],
];

/** The ladder to the home page: password, way to verify, code, and whatever has to be done before. */
export function SignIn() {
  const [step, setStep] = useState("signin");
  const [said, setSaid] = useState(new URLSearchParams(location.search).get("reason") === "timeout"
    ? "Your Harborline session has ended. Please sign in again." : "");
  const [notice, setNotice] = useState(null);
  const [shut, setShut] = useState("");
  const [further, setFurther] = useState(null);
  const [filled, setFilled] = useState({ method: "authenticator" });
  const [busy, setBusy] = useState(false);
  const put = (name) => (event) => setFilled({ ...filled, [name]: event.target.type === "checkbox" ? event.target.checked : event.target.value });

  const send = (path, names) => async (event) => {
    event.preventDefault();
    setBusy(true);
    setSaid("");
    try {
      const { data } = await call(path, Object.fromEntries(names.map((name) => [name, filled[name] ?? ""])));
      if (data.locked) { setShut(data.locked); setStep("locked"); }
      if (data.step) setFurther(data.step);
      if (data.message) setSaid(data.message);
      else if (filled.trust && step === "code" && data.next === "home") go((await call("/api/sign-in/trust", {})).data.next);
      else go(data.next);
    } catch (problem) {
      if (!(problem instanceof Notice)) throw problem;
      setNotice(problem);
    }
    setBusy(false);
  };
  const go = (next) => (next === "home" ? location.assign("/home") : setStep(next));

  if (notice) return <Frame heading={notice.heading}><p>{notice.words}</p></Frame>;
  const alert = said && <p className="alert error" role="alert">{said}</p>;
  if (step === "locked") return <Frame heading={shut}>{alert}</Frame>;
  if (step === "step")
    return (
      <Frame heading={further.heading}>
        {alert}
        <p>{further.message}</p>
        <form onSubmit={send("/api/sign-in/step", [])}>
          {further.field && <><label htmlFor="given">{further.field}</label><input id="given" /></>}
          <button className="primary" disabled={busy}>{further.button}</button>
          {further.later && <button disabled={busy}>{further.later}</button>}
        </form>
      </Frame>
    );
  if (step === "method")
    return (
      <Frame heading="Verify it’s you">
        {alert}
        <form onSubmit={send("/api/sign-in/method", ["method"])}>
          <fieldset className="methods">
            <legend>How do you want to get your code?</legend>
            {METHODS.map(([id, name, words]) => (
              <label key={id}>
                <input type="radio" name="choice" value={id} checked={filled.method === id} onChange={put("method")} aria-label={name} />
                <span><b>{name}</b><small>{words}</small></span>
              </label>
            ))}
          </fieldset>
          <button className="primary" disabled={busy}>Continue</button>
        </form>
      </Frame>
    );
  if (step === "code")
    return (
      <Frame heading="Enter your code">
        {alert}
        <form onSubmit={send("/api/sign-in/code", ["code"])}>
          <label htmlFor="code">Six-digit code *</label>
          <input id="code" inputMode="numeric" autoComplete="one-time-code" maxLength={6} value={filled.code ?? ""} onChange={put("code")} />
          <label className="check">
            <input type="checkbox" checked={filled.trust ?? false} onChange={put("trust")} /> Trust this device for 30 days
          </label>
          <button className="primary" disabled={busy}>Verify</button>
        </form>
      </Frame>
    );
  if (step === "password")
    return (
      <Frame heading="Your password has expired">
        {alert}
        <p>Passwords are good for 60 days. Choose a new one to go on.</p>
        <form onSubmit={send("/api/sign-in/password", ["password"])}>
          <label htmlFor="password">New password *</label>
          <input id="password" type="password" onChange={put("password")} />
          <button className="primary" disabled={busy}>Save password</button>
        </form>
      </Frame>
    );
  if (step === "terms")
    return (
      <Frame heading="The user agreement has changed">
        <p>Read the agreement of November 2026. You can go on when you have accepted it.</p>
        <form onSubmit={send("/api/sign-in/terms", [])}><button className="primary" disabled={busy}>I accept</button></form>
      </Frame>
    );
  return (
    <Frame heading="Sign in to Harborline">
      {alert}
      <form onSubmit={send("/api/sign-in", ["userId", "password"])}>
        <label htmlFor="userId">User ID *</label>
        <input id="userId" autoComplete="username" value={filled.userId ?? ""} onChange={put("userId")} />
        <label htmlFor="password">Password *</label>
        <input id="password" type="password" autoComplete="current-password" value={filled.password ?? ""} onChange={put("password")} />
        <button className="primary" disabled={busy}>Sign in</button>
      </form>
    </Frame>
  );
}

export function SignedOut() {
  return (
    <Frame heading="You are signed out">
      <p>Thank you for using Harborline. Close this window if you share the computer.</p>
      <p><a href="/signin">Sign in again</a></p>
    </Frame>
  );
}
