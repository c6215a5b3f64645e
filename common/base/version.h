/* Which Atlas this is: --version, the package and /openapi.json say the same. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define ATLAS_VERSION "1.0.0"

#endif
