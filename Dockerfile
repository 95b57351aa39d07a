# syntax=docker/dockerfile:1
# Needs nothing writable but its volume: run it with --read-only.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package needs its install script here: Node comes with the image, SQLite is shipped built.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN ./node_modules/.bin/tsc -p tsconfig.build.json

FROM node:24-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="authspike" \
      org.opencontainers.image.description="Watches OpenTelemetry traces for bursts of failed authentication, and pages" \
      org.opencontainers.image.licenses="Apache-2.0"
# The C library's heaps for threads: bin/authspike.js sets it otherwise, and begins anew for that.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    AUTHSPIKE_CONFIG=/etc/authspike/authspike.yaml \
    AUTHSPIKE_RULES_DIRECTORY=/etc/authspike/rules
WORKDIR /opt/authspike
COPY --from=dependencies /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY docker/authspike.yaml /etc/authspike/authspike.yaml
COPY rules /etc/authspike/rules
# A new volume takes over the owner of the directory that it covers.
RUN install -d -o 65532 -g 65532 -m 0700 /var/lib/authspike
USER 65532:65532
VOLUME /var/lib/authspike
EXPOSE 4317 4318 8401
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/opt/authspike/bin/authspike.js", "healthcheck"]
ENTRYPOINT ["node", "/opt/authspike/bin/authspike.js"]
CMD ["run"]
