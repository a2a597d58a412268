# A server that runs as nobody on a read-only file system; everything it writes is in /data.
#   docker build -t citespan .
#   docker run --read-only --tmpfs /tmp -v citespan:/data -p 8000:8000 citespan
FROM python:3.11-slim

WORKDIR /opt/citespan
COPY . .
ENV CITESPAN_DATA__PATH=/data \
    CITESPAN_DATA__MODELS=/opt/citespan/models \
    CITESPAN_SERVE__HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1
# The doctor prepares the models, so that a container starts without torch and writes nothing here.
RUN pip install --no-cache-dir . \
    && CITESPAN_DATA__PATH=/tmp/empty citespan doctor \
    && rm -rf /tmp/empty \
    && useradd --system --uid 10001 citespan \
    && install -d -o citespan /data

USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
ENTRYPOINT ["citespan"]
CMD ["serve"]
