{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'sales') }}

)

select * from lines
