import * as openai from "./clients/openai.mjs";
import { matrix } from "./matrix.mjs";

matrix(openai);
