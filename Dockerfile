# docker build -t pruning-resilience .
# docker run --rm -v "$PWD:/study" pruning-resilience -j 8 --configfile my_study.yaml
FROM python:3.11-slim
WORKDIR /pruning-resilience
COPY requirements.lock .
RUN python -m pip install --no-cache-dir --requirement requirements.lock
COPY . .
WORKDIR /study
ENV NUMBA_CACHE_DIR=/tmp/numba HOME=/tmp
ENTRYPOINT ["python", "-m", "snakemake", "-s", "/pruning-resilience/Snakefile"]
