/** The site as a whole does not answer: its own notice stands in for everything. */
export class Notice extends Error {
  constructor(html) {
    super("notice");
    const page = new DOMParser().parseFromString(html, "text/html");
    this.heading = page.querySelector("h1")?.textContent ?? "Something went wrong";
    this.words = page.querySelector("h1 + p")?.textContent ?? "Please try again later.";
  }
}

export const pause = (milliseconds) => new Promise((next) => setTimeout(next, milliseconds));

/** Ask the site: GET, or POST where there is a body. Somebody who is signed out is sent to the sign-in page. */
export async function call(path, body) {
  const request = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, { ...request, credentials: "same-origin", cache: "no-store" });
  const text = await answer.text();
  if (!(answer.headers.get("content-type") ?? "").includes("json")) throw new Notice(text);
  const data = JSON.parse(text);
  if (answer.status === 401 && data.reason) {
    window.top.location.assign(data.reason === "timeout" ? "/signin?reason=timeout" : "/signin");
    await new Promise(() => {});
  }
  return { status: answer.status, data };
}

const EVERY = 80, LONGEST = 12;

/** Send an inquiry and ask for its answer until it is there; `null` where the payer takes too long. */
export async function inquire(path, body, working) {
  let answer = await call(path, body);
  for (let asked = 0; answer.status === 202; asked++) {
    if (asked === LONGEST) return null;
    working();
    await pause(EVERY);
    answer = await call(`/api/inquiries/${answer.data.id}`);
  }
  return answer;
}
