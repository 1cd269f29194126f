{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('shared', 'availability') }}

)

select * from lines
