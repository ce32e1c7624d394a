#!/bin/sh
# The parts of a release, for the tag in TAG: `notes` prints them, `image` builds and pushes it.
set -eu
version=${TAG#v}
case ${1:-} in
notes)
    if ! grep -qxF "__version__ = \"$version\"" plugins/zakaz/__init__.py; then
        echo "release: the tag $TAG is not the version in plugins/zakaz/__init__.py" >&2
        exit 1
    fi
    notes=$(awk -v heading="## [$version]" '/^## / { on = index($0, heading) == 1; next } on' CHANGELOG.md)
    if [ -z "$notes" ]; then
        echo "release: CHANGELOG.md says nothing of $version" >&2
        exit 1
    fi
    echo "$notes"
    ;;
image)
    image=ghcr.io/$(echo "$GITHUB_REPOSITORY" | tr '[:upper:]' '[:lower:]')
    echo "$GITHUB_TOKEN" | docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin
    # Docker's own builder keeps no such lists.
    docker buildx create --use --driver docker-container
    docker buildx build --file infra/airflow/Dockerfile --push --sbom=true --provenance=mode=max \
        --label "org.opencontainers.image.source=https://github.com/$GITHUB_REPOSITORY" \
        --label "org.opencontainers.image.version=$version" --label "org.opencontainers.image.revision=$GITHUB_SHA" \
        --tag "$image:$version" .
    ;;
*)
    echo "release: notes or image?" >&2
    exit 1
    ;;
esac
