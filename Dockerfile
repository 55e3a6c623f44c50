# Our image: `docker build -t pinfold:dev .`. Where there is no Docker, scripts/build-image makes the same from the
# same lists (image/); a test compares this file with them.

FROM node:24.21.0-bookworm AS build
WORKDIR /opt/pinfold
COPY scripts/debian-packages scripts/
RUN apt-get update \
 && apt-get install -y --no-install-recommends $(awk '$1 == "build" { print $2 }' scripts/debian-packages) \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN scripts/build

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /opt/pinfold
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts \
 && find node_modules -type f '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' ')' -delete

FROM debian:bookworm-slim
COPY image/debian-packages /tmp/
RUN apt-get update \
 && grep -v '^#' /tmp/debian-packages | xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* /tmp/debian-packages
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
WORKDIR /opt/pinfold
COPY LICENSE LICENSE
COPY LICENSES LICENSES
COPY package.json package.json
COPY bin/pinfold bin/pinfold
COPY --from=build /opt/pinfold/dist/bpf dist/bpf
COPY --from=build /opt/pinfold/dist/src dist/src
COPY --from=build /opt/pinfold/native/build/Release/pinfold.node native/build/Release/pinfold.node
COPY --from=build /opt/pinfold/native/build/pinfold-launch native/build/pinfold-launch
COPY --from=packages /opt/pinfold/node_modules node_modules
WORKDIR /
ENV PATH=/opt/pinfold/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV NODE_ENV=production
ENV NODE_OPTIONS=--max-semi-space-size=1
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["/opt/pinfold/bin/pinfold"]
