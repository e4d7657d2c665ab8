#include "config/secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "support/temp_dir.hpp"

using namespace trapline::config;

TEST(secrets, come_from_the_environment) {
  ::setenv("TRAPLINE_TEST_SECRET", "abc", 1);
  std::string value, why;
  EXPECT_EQ(read_secret({"env", "TRAPLINE_TEST_SECRET"}, value, why), TRAPLINE_OK);
  EXPECT_EQ(value, "abc");
  ::unsetenv("TRAPLINE_TEST_SECRET");
  EXPECT_EQ(read_secret({"env", "TRAPLINE_TEST_SECRET"}, value, why), TRAPLINE_E_IO);
  EXPECT_NE(why.find("TRAPLINE_TEST_SECRET is not set"), std::string::npos);
}

TEST(secrets, file_must_not_be_readable_by_others) {
  const test::temp_dir dir;
  const std::string path = dir.path() + "/key";
  std::ofstream(path) << "value-from-file\nignored\n";
  std::string value, why;
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(read_secret({"file", path}, value, why), TRAPLINE_E_IO);
  EXPECT_NE(why.find("chmod 600"), std::string::npos);
  EXPECT_EQ(why.find("value-from-file"), std::string::npos);
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(read_secret({"file", path}, value, why), TRAPLINE_OK);
  EXPECT_EQ(value, "value-from-file");
}

TEST(secrets, missing_and_empty_files_are_told_apart) {
  const test::temp_dir dir;
  std::string value, why;
  EXPECT_EQ(read_secret({"file", dir.path() + "/none"}, value, why), TRAPLINE_E_IO);
  EXPECT_NE(why.find("cannot open"), std::string::npos);
  const std::string path = dir.path() + "/empty";
  std::ofstream(path).close();
  ::chmod(path.c_str(), 0600);
  EXPECT_EQ(read_secret({"file", path}, value, why), TRAPLINE_E_IO);
  EXPECT_NE(why.find("is empty"), std::string::npos);
}
