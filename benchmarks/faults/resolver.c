/* For LD_PRELOAD: the name agents.test is at the address that stands in the file $AGENTS_ADDRESS. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int resolve(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    char address[64];
    if (name && !strcmp(name, "agents.test")) {
        FILE *file = fopen(getenv("AGENTS_ADDRESS"), "r");
        if (!file || fscanf(file, "%63s", address) != 1) return EAI_AGAIN;
        fclose(file);
        name = address;
    }
    return ((resolve *)dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, found);
}
