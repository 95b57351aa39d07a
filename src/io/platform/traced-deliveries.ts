/**
 * A span for each attempt to deliver a page, for whoever watches authspike itself.
 *
 * Costs next to nothing while no SDK is started: the OpenTelemetry API then hands out spans that do
 * nothing. The span says neither address nor key.
 */
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Verdict } from "../../core/alerts/delivery-policy.ts";

type Delivery = { readonly id: number; readonly alertId: string; readonly action: string };

export function traceDeliveries<Row extends Delivery, Options>(sender: {
  send(row: Row, options: Options): Promise<Verdict>;
}): { send(row: Row, options: Options): Promise<Verdict> } {
  return {
    async send(row, options) {
      const tracer = trace.getTracer("authspike");
      const attributes = { "authspike.alert.id": row.alertId, "authspike.delivery.action": row.action };
      const span = tracer.startSpan("deliver page", { kind: SpanKind.CLIENT, attributes });
      try {
        const verdict = await sender.send(row, options);
        span.setAttribute("authspike.delivery.outcome", verdict.kind);
        if (verdict.status !== null) span.setAttribute("http.response.status_code", verdict.status);
        if (verdict.kind !== "delivered") span.setStatus({ code: SpanStatusCode.ERROR, message: verdict.reason });
        return verdict;
      } finally {
        span.end();
      }
    },
  };
}
