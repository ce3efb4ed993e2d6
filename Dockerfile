# The origin: heavy explanations next to the machine that computes them.
#
#   docker build -t whylight-origin .                                    for processors
#   docker build -t whylight-origin --build-arg CUDA=true .              for NVIDIA GPUs (CUDA 12, cuDNN 9 in the base image)
#   docker run -p 8788:8788 -e WHYLIGHT_ORIGIN_SECRET=... whylight-origin
ARG CUDA=false
FROM node:24-bookworm-slim AS base-false
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS base-true
COPY --from=node:24-bookworm-slim /usr/local /usr/local
FROM base-${CUDA} AS origin
ARG CUDA
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# onnxruntime-node comes with the development packages. Its CUDA provider is a download of its own, made by its install
# script: without it the origin runs on the processor and says so in its log.
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci --no-audit --no-fund \
  && if [ "$CUDA" = true ]; then node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12; fi
COPY . .
RUN node scripts/setup.mjs
USER 1000
EXPOSE 8788
ENTRYPOINT ["node", "src/cli/whylight.mjs", "serve", "--host", "0.0.0.0", "--port", "8788"]
