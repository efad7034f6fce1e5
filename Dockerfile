# hrmsops for CI and for a shell beside production: docker build -t hrmsops .
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:3.13-slim
COPY --from=build /dist /dist
RUN python -m pip install --no-cache-dir /dist/*.whl \
    && rm -r /dist \
    && useradd --create-home --uid 10001 hrmsops
USER hrmsops
WORKDIR /work
ENTRYPOINT ["hrmsops"]
