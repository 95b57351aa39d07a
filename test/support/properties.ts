/**
 * fast-check with one seed for all of `npm test`, so that a run decides by what was changed and not by
 * what was drawn.
 *
 * FAST_CHECK_SEED explores: `random` draws new cases in every run, a number goes where a failure was told
 * from.
 */
import fc from "fast-check";

const USUAL_SEED = 20_261_125;

const chosen = process.env["FAST_CHECK_SEED"] ?? "";
if (chosen !== "random") fc.configureGlobal({ seed: chosen === "" ? USUAL_SEED : Number(chosen) });

export { fc };
