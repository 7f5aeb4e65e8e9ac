# Voicegate as a container: docker build -t voicegate . && docker run -p 127.0.0.1:8000:8000 -e ASSEMBLYAI_API_KEY voicegate
# The base is Debian's slim Python: every wheel of the locks runs on it, on both architectures. An image
# without a shell would bring whichever Python its distribution has; nothing here needs the shell.
# By tag; docs/deploying.md says how to give them by digest.
ARG PYTHON_IMAGE=python:3.13-slim
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS browser
WORKDIR /srv/static/build
COPY static/build/package.json static/build/package-lock.json static/build/.npmrc ./
RUN npm ci --no-progress
COPY static/ /srv/static/
RUN node build.js

FROM ${PYTHON_IMAGE} AS build
# The environment holds no pip: the image's own installs into it.
RUN python -m venv --without-pip /opt/venv
COPY requirements/runtime.txt /opt/requirements.txt
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r /opt/requirements.txt
ARG VERSION=unversioned
COPY .ci/sbom /opt/sbom
RUN /opt/venv/bin/python /opt/sbom /opt/requirements.txt "${VERSION}" > /opt/venv/sbom.cdx.json

FROM ${PYTHON_IMAGE}
ARG PYTHON_IMAGE
ARG VERSION=unversioned
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Voicegate" \
      org.opencontainers.image.description="Puts a voice agent on any web page without giving the page the API key." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# Nothing writes bytecode at run time, since the tree is read-only; the build does, see below.
ENV PATH="/opt/venv/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VOICEGATE_HOST=0.0.0.0 \
    PORT=8000

WORKDIR /srv/voicegate
COPY --from=build /opt/venv /opt/venv
COPY templates/ templates/
COPY static/ static/
COPY --from=browser /srv/static/dist/ static/dist/
COPY app/ app/
# The libraries are compiled by pip. A start takes 0.8 s with both compiled, 1.0 s without this line,
# 1.7 s without either (measured), for 1.4 MB; by hash, as a layer's times may change.
RUN python -m compileall -q --invalidation-mode unchecked-hash app

# A number, so that an orchestrator can see that it is not root; the files stay root's.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# http.client, as urllib would ask a configured proxy for 127.0.0.1.
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('VOICEGATE_PORT') or os.environ['PORT']), timeout=2); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "app"]
