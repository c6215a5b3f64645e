import { langchainChat, langchainResponses } from "./clients/langchain.mjs";
import { matrix } from "./matrix.mjs";

matrix(langchainChat, langchainResponses);
