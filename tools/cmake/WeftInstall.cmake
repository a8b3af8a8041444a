# What `cmake --install` puts where, so that find_package(weft) and pkg-config find it: the libraries, their headers,
# the command.
include(CMakePackageConfigHelpers)
set(weft_package ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
set(weft_targets weft_static weft_convert weft_zoo)
if(WEFT_BUILD_SHARED)
  list(APPEND weft_targets weft_shared)
endif()
install(TARGETS ${weft_targets} EXPORT weft
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(WEFT_BUILD_TOOLS)
  install(TARGETS weft RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES
  ${PROJECT_SOURCE_DIR}/engine/include/weft/weft.h ${PROJECT_SOURCE_DIR}/engine/include/weft/version.h
  ${PROJECT_SOURCE_DIR}/engine/include/weft/convert.h ${PROJECT_SOURCE_DIR}/models/include/weft/zoo.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(EXPORT weft NAMESPACE weft:: FILE weftTargets.cmake DESTINATION ${weft_package})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/weftConfig.cmake.in ${PROJECT_BINARY_DIR}/weftConfig.cmake
  INSTALL_DESTINATION ${weft_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/weftConfig.cmake ${PROJECT_BINARY_DIR}/weftConfigVersion.cmake
  DESTINATION ${weft_package})

configure_file(${CMAKE_CURRENT_LIST_DIR}/weft.pc.in ${PROJECT_BINARY_DIR}/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
