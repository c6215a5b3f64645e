import * as llamaindex from "./clients/llamaindex.mjs";
import { matrix } from "./matrix.mjs";

matrix(llamaindex);
