import * as codex from "./clients/codex.mjs";
import { matrix } from "./matrix.mjs";

matrix(codex);
