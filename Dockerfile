# A server that runs as nobody on a read-only file system; everything it writes is in /data.
#   docker build -t citespan .
#   docker run --rm -v citespan:/data citespan keys create operations --role admin
#   docker run --read-only --tmpfs /tmp -v citespan:/data -p 8000:8000 citespan
# It needs a key, because other machines reach it; CITESPAN_ACCESS__OPEN_TO_ALL=true is without.
# It answers to localhost, to addresses and to the container's own name; others, such as that of a
# Compose service, have to be named: -e CITESPAN_SERVE__HOSTS=citespan,docs.example
FROM python:3.11-slim

WORKDIR /opt/citespan
COPY . .
ENV CITESPAN_DATA__PATH=/data \
    CITESPAN_DATA__MODELS=/opt/citespan/models \
    CITESPAN_SERVE__HOST=0.0.0.0 \
    TMPDIR=/data \
    PYTHONDONTWRITEBYTECODE=1
# Large request bodies wait in TMPDIR, and /tmp may be memory.
# The doctor prepares the models, so that a container starts without torch and writes nothing here.
RUN pip install --no-cache-dir . \
    && TMPDIR=/tmp CITESPAN_DATA__PATH=/tmp/empty citespan doctor \
    && rm -rf /tmp/empty \
    && useradd --system --uid 10001 citespan \
    && install -d -o citespan /data

USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["citespan"]
CMD ["serve"]
