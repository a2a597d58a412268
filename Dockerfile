# A server that runs as nobody on a read-only file system; everything it writes is in /data.
# docs/guides/deploy.md says how it is run. There is no torch in it: the models that ship are ONNX.
#   docker build -t citespan .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY deploy/requirements-build.lock deploy/requirements-serve.lock deploy/requirements-milvus.lock deploy/
RUN python -m venv tools \
    && tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r deploy/requirements-build.lock \
    && python -m venv --without-pip /opt/citespan \
    && tools/bin/pip --python /opt/citespan/bin/python install --no-cache-dir --no-deps \
        --only-binary :all: --require-hashes -r deploy/requirements-serve.lock
# The client of Milvus, some 120 MB, with --build-arg MILVUS=yes
ARG MILVUS=""
RUN test -z "$MILVUS" || tools/bin/pip --python /opt/citespan/bin/python install --no-cache-dir --no-deps \
        --only-binary :all: --require-hashes -r deploy/requirements-milvus.lock
COPY . .
RUN tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels . \
    && tools/bin/pip --python /opt/citespan/bin/python install --no-cache-dir --no-deps wheels/*.whl
# The doctor loads both models, so that an image that cannot answer is not built.
RUN TMPDIR=/tmp CITESPAN_DATA__PATH=/tmp/empty /opt/citespan/bin/citespan doctor

FROM ${BASE}
RUN useradd --system --uid 10001 --no-create-home citespan && install -d -o citespan /data
COPY --from=build /opt/citespan /opt/citespan
# Large request bodies wait in TMPDIR, and /tmp may be memory.
ENV PATH=/opt/citespan/bin:$PATH \
    CITESPAN_DATA__PATH=/data \
    CITESPAN_SERVE__HOST=0.0.0.0 \
    TMPDIR=/data \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["citespan"]
CMD ["serve"]
