import { aiSdkChat, aiSdkCompatible, aiSdkResponses } from "./clients/ai_sdk.mjs";
import { matrix } from "./matrix.mjs";

matrix(aiSdkResponses, aiSdkChat, aiSdkCompatible);
