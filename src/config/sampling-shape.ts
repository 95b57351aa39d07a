/** How people say at which ratio services are sampled. */
import type { DeclaredSampling } from "../core/extraction/declared-sampling.ts";
import { compileGlobs, GLOB_MAX_LENGTH } from "../core/rules/glob.ts";
import { percentage, text } from "../core/text/scalar-shapes.ts";
import type { Shape } from "../core/text/shape.ts";
import { mapped, object, required } from "../core/text/shape.ts";

const fields = object({
  service: required(
    text({ noun: "a service's name or a pattern", min: 1, max: GLOB_MAX_LENGTH }),
    "The services that are meant; * stands for anything.",
  ),
  ratio: required(percentage({ min: "0.0001%", max: "100%" }), "The share of requests that is kept, as in 10%."),
});

export const samplingShape: Shape<DeclaredSampling> = mapped(fields, ({ ratio, service }) => ({
  accepts: compileGlobs([service], "name"),
  ratio,
}));
