/** All checks, in the order in which they are carried out. */
import type { Check } from "./check.ts";
import { browserChecks } from "./checks/browsers.ts";
import { concurrencyChecks } from "./checks/concurrency.ts";
import { grpcProtocolChecks } from "./checks/grpc-protocol.ts";
import { jsonMappingChecks } from "./checks/json-mapping.ts";
import { limitChecks } from "./checks/limits.ts";
import { overloadChecks } from "./checks/overload.ts";
import { partialSuccessChecks } from "./checks/partial-success.ts";
import { protobufFormChecks } from "./checks/protobuf-forms.ts";
import { refusingChecks } from "./checks/refusing.ts";
import { takingChecks } from "./checks/taking.ts";

export const ALL_CHECKS: readonly Check[] = [
  ...takingChecks,
  ...partialSuccessChecks,
  ...refusingChecks,
  ...limitChecks,
  ...protobufFormChecks,
  ...jsonMappingChecks,
  ...grpcProtocolChecks,
  ...concurrencyChecks,
  ...browserChecks,
  ...overloadChecks,
];
