{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'products') }}

)

select * from lines
