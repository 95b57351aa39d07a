/** Statuses as people write them in rule files and in the configuration. */
import { scalar, wholeNumber } from "../text/scalar-shapes.ts";
import type { Shape } from "../text/shape.ts";
import { GRPC_STATUS_NAMES, grpcStatusCode } from "./failure-test.ts";

export const httpStatus: Shape<number> = wholeNumber({ min: 100, max: 599 });

export const grpcStatus: Shape<number> = scalar({
  noun: "a gRPC status, by name or number",
  schema: { anyOf: [{ enum: [...GRPC_STATUS_NAMES] }, { type: "integer", minimum: 0, maximum: 16 }] },
  read: (word, refuse) => {
    const code = /^\d+$/.test(word) ? Number(word) : grpcStatusCode(word);
    if (code >= 0 && code < GRPC_STATUS_NAMES.length) return code;
    return refuse(
      "AS204",
      `"${word}" is no gRPC status; they are written as in UNAUTHENTICATED, or as numbers from 0 to 16`,
    );
  },
});
