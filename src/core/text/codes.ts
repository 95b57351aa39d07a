/**
 * The codes that any YAML file can earn, whatever it configures.
 *
 * A code is a promise: people silence, search and document by it, so a code keeps its meaning for
 * ever and is never used again for another. AS1xx is about the form of a file, AS20x about single
 * values; each kind of file adds its own from AS210 on.
 */
export const TEXT_CODES = {
  AS101: "the file is not valid YAML",
  AS102: "a key is written twice in one map",
  AS103: "a value of another kind is expected here",
  AS104: "unknown field",
  AS105: "a required field is missing",
  AS106: "the file is too large, too deep, or too much of it is repeated by aliases",
  AS107: "the file holds more than one YAML document",
  AS108: "an alias names no earlier anchor, or a tag is unknown",
  AS201: "a quantity lacks its unit",
  AS202: "a value is malformed",
  AS203: "a value lies outside its bounds",
  AS204: "a word is not one of those possible here",
  AS205: "fields that exclude one another are given together, or none of them is",
  AS206: "an environment variable or file named in a value is missing, or the reference to it is malformed",
} as const;

export type TextCode = keyof typeof TEXT_CODES;
