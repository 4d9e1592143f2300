// Tells the platform of SCORM 1.2 how far the learner is: incomplete while reading, then completed or passed with a score.
"use strict";

/** The platform's API: in a window around this one, or around the one that opened it. */
function findApi() {
  for (const start of [window, window.opener]) {
    let one = start;
    for (let depth = 0; one && depth < 10; depth += 1) {
      try {
        if (one.API) return one.API;
      } catch {
        break;
      } // a window of another site
      if (one.parent === one) break;
      one = one.parent;
    }
  }
  return null;
}

const api = findApi();
const set = (name, value) => api && api.LMSSetValue(name, String(value));

function begin() {
  if (!api) return;
  api.LMSInitialize("");
  if (["not attempted", ""].includes(api.LMSGetValue("cmi.core.lesson_status")))
    set("cmi.core.lesson_status", "incomplete");
}

function report(status, percent) {
  if (percent !== null) {
    set("cmi.core.score.min", 0);
    set("cmi.core.score.max", 100);
    set("cmi.core.score.raw", percent);
  }
  set("cmi.core.lesson_status", status);
  if (api) api.LMSCommit("");
}

function isRight(fieldset) {
  const chosen = [...fieldset.querySelectorAll("input:checked")].map((input) => input.value).sort();
  return chosen.join() === fieldset.dataset.right.split(",").sort().join();
}

function grade(event) {
  event.preventDefault();
  const questions = [...event.target.querySelectorAll("fieldset")];
  const right = questions.filter(isRight);
  for (const question of questions) {
    question.querySelector(".said").hidden = false;
    question.querySelector(".right").hidden = !right.includes(question);
    question.querySelector(".wrong").hidden = right.includes(question);
  }
  const percent = Math.round((100 * right.length) / questions.length);
  document.getElementById("result").textContent = `${right.length} / ${questions.length}`;
  report(percent >= Number(event.target.dataset.passPercent) ? "passed" : "failed", percent);
}

begin();
document.getElementById("quiz")?.addEventListener("submit", grade);
document.getElementById("read")?.addEventListener("submit", (event) => {
  event.preventDefault();
  document.getElementById("result").textContent = "✓";
  report("completed", null);
});
window.addEventListener("pagehide", () => api && api.LMSFinish(""));
