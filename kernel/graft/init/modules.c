/*
 * The kernel's modules, in the order in which they need each other: /modules/000, 001, … as the image's
 * builder has put them. A module whose machine part is absent (an instruction that this processor lacks) is
 * no error.
 */
#include "../linux/system.h"
#include "init.h"

#define ERROR_NO_DEVICE (-19)

uint32_t modules_load(void) {
  char path[64];
  for (uint32_t number = 0;; number++) {
    int file = open_path(numbered(path, "/modules/", number, 3), OPEN_READ);
    if (file < 0) return number;
    long result = call3(CALL_FINIT_MODULE, file, (long)"", 0);
    close_file(file);
    bool is_fault = result < 0 && result != ERROR_EXISTS && result != ERROR_NO_DEVICE;
    if (is_fault) say("a module does not load: ", path);
  }
}
