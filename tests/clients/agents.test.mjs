import * as agents from "./clients/agents.mjs";
import { matrix } from "./matrix.mjs";

matrix(agents);
